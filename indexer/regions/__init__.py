"""Local features of images: what finds a crop, a photo or a dark copy of an indexed screen."""
