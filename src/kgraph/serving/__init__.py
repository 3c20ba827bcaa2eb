"""What only a server needs: killable workers, a scheduler, a cache, and data that change."""
