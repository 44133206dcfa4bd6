"""How the small pretrained models that travel with the project were made from random weights."""
