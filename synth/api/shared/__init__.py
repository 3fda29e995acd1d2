"""What several servers share: jobs in a queue, taken by worker processes on whatever machine.

A server writes the rows of a job into a sealed parcel and a line about it into the queue; a worker
takes the line, opens the parcel, and hands what is in it to a process that does the run. Neither
servers nor workers know each other: all they share is the database of the queue, and the place of
the parcels.
"""
