"""placeholder"""


class Engine:
    pass
