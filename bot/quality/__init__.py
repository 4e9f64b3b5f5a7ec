"""What the bot missed, in groups; labels for it; training examples made from the labels."""
