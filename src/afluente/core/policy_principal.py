"""What services whose resources have policies need of IAM: the principals in them, by name and by unique id."""

from typing import Protocol


class PolicyPrincipals(Protocol):
    """A resource policy is kept with the unique ids of the users and roles that it names.

    So one that is made anew, under the name of one that is gone, is not let in. Policies are shown with ARNs.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """

    def kept(self, document: str) -> str:
        """The policy as it is to be kept. Raises LookupError, with the name, for a user or role that is not there."""

    def shown(self, document: str) -> str:
        """A kept policy with the ARNs of now; who is gone is left as a unique id."""
