"""Where the course is used: JupyterLab, the browser alone, a hub."""
