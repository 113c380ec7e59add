"""What the scripts of `dataset.prepare` call: folders that appear whole, downloads, and HumanML3D's layout."""
