"""Recording what the argument parsers of Text Generation Inference's launcher do."""
