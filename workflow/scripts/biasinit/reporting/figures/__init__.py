"""What figures share: forests, panels, looks, and how a drawing becomes SVG."""
