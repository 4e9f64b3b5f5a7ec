"""Small fake servers that speak the makers' documented protocols, quirks included."""
