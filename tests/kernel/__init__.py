"""What only a real kernel can show: cell ids, deleted cells, HTML, messages."""
