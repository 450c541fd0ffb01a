// The suite's first file stands here until its tests do.
