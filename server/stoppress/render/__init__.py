"""What readers see: one template for each part of a page, whether the page, the socket or a feed shows it."""
