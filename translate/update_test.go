package translate

import "flag"

var update = flag.Bool("update", false, "write what is found into testdata")
