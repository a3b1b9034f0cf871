#!/bin/sh
# Installs JupyterLab and the kernel into a directory, for every user of the machine or the image:
#
#     .binder/install.sh /opt/jupyter
#
# Needs Go, Python 3.10 with venv, and the network. Further arguments go to "kernel install". The checkout must stay
# where it is, readable by all users.
set -eu

if [ $# -eq 0 ]; then
	echo "usage: install.sh DIRECTORY [ARGUMENT...]; expected the directory to install into, such as /opt/jupyter" >&2
	exit 2
fi
prefix=$1
shift
umask 022
cd "$(dirname "$0")/.."
"${PYTHON:-python3}" -m venv "$prefix"
"$prefix/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
"$prefix/bin/python" -m jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements
go run ./kernel install --shared --prefix "$prefix" "$@"
