"""`python -m admission_webhook.certificates`: certificates for development and tests."""

import ipaddress
import sys
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import click

from admission_webhook.certificates.issue import current_time, write_development_certificates
from neuroscale.errors import NeuroScaleError


def _addresses(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[IPv4Address | IPv6Address, ...]:
    try:
        return tuple(ipaddress.ip_address(value) for value in values)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--directory", type=click.Path(path_type=Path), required=True, help="Where the files are written.")
@click.option("--dns-name", "dns_names", multiple=True, help="Name of the server: <service>.<namespace>.svc.")
@click.option("--ip", "addresses", multiple=True, callback=_addresses, help="Address of the server.")
def main(directory: Path, dns_names: tuple[str, ...], addresses: tuple[IPv4Address | IPv6Address, ...]) -> None:
    """Make an authority and a server certificate, and print the file whose content is the caBundle.

    DIRECTORY gets ca.crt, tls.crt and tls.key. Use cert-manager in a cluster: these certificates do not renew.
    """
    try:
        files = write_development_certificates(directory, dns_names, addresses, current_time())
    except NeuroScaleError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    click.echo(files.authority)


if __name__ == "__main__":
    main()
