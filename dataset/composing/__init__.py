"""New training clips made of captioned clips: actions laid over each other, and one after another."""
