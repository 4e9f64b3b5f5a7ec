"""From a fresh clone to something that runs. Standard library only: it runs before all else."""
