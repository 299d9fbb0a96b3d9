"""Architecture-aware judgement of large language models on Kubernetes."""
