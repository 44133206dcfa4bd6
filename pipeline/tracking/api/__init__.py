"""What a notebook or a script reads of a store; :mod:`pipeline` names it."""
