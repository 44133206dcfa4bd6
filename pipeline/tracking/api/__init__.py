"""Functions for notebooks and scripts that read a store; :mod:`pipeline` names them."""
