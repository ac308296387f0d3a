"""Formats as files: the ones that come with the product, an operator's own, and how each would go.

The values themselves, and how they are followed, are mediation's, which knows nothing of files.
"""
