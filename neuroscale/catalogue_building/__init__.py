"""Where the catalogue of public models comes from: published configurations, and figures that prove themselves.

Nothing here reaches the network: distributions are downloaded by hand, and what was built is shipped.
"""
