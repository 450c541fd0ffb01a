// The module's first file stands here until the next commit.
