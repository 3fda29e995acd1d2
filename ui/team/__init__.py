"""The library on the screens: what recipients find, custodians submit and approvers decide."""
