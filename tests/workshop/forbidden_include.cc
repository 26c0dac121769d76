// Compiled by a test with the include path of module `data`: the first line must be found, the second must not.
#include "base/status.h"
#include "features/definitions.h"
