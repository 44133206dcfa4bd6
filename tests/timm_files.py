"""Small vision transformers in the form in which timm's models lie on the hub."""

import json

SMALL = {"img_size": 32, "patch_size": 8, "embed_dim": 48, "depth": 2, "num_heads": 3}


def timm_folder(folder, name, **architecture):
    import timm
    from safetensors.torch import save_file

    network = timm.create_model(name, pretrained=False, **architecture)
    folder.mkdir()
    save_file(network.state_dict(), folder / "model.safetensors")
    config = {
        "architecture": name,
        "num_classes": network.num_classes,
        "model_args": architecture,
        "pretrained_cfg": {"input_size": [3, 32, 32], "mean": [0.5] * 3, "std": [0.5] * 3},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return network.eval()
