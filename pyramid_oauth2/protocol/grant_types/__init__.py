"""The grant types, one file each. They are registered as an application's own would be."""
