"""The part of GitHub's API that opens a pull request, over HTTP and in front of real bare git repositories."""
