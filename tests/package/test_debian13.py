"""The package built and installed on Debian 13."""

import package_case
from package_case import *

package_case.suite = "trixie"

if __name__ == "__main__":
    tap.main()
