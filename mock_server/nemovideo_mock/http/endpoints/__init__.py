"""The endpoints of the API, one module for each area; they do not import each other."""
