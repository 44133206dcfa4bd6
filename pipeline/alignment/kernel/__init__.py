"""Ridge and 2v2 from Gram matrices over stimuli."""
