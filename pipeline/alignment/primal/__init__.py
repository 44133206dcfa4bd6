"""Ridge and 2v2 accuracy from features and voxels themselves, where stimuli outnumber them."""
