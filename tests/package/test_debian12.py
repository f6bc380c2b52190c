"""The package built and installed on Debian 12."""

import package_case
from package_case import *

package_case.suite = "bookworm"

if __name__ == "__main__":
    tap.main()
