/* Formats of templates, asked in this order whose a document is. */
LOADER(template_loader_nuclei)
LOADER(template_loader_afrog)
