"""
Series of published studies, as far as the tests need them, each with its source.

The numbers are facts; the files they come from are not part of the project.
"""

from __future__ import annotations


def numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


# Acute coronary episodes in Sicily, 2002-2006, by month; smoking ban in public places from January 2005.
# Barone-Adesi et al. (2011), Environ Health Perspect 119:1-5; data and code of Lopez Bernal, Cummins,
# Gasparrini (2017), Int J Epidemiol 46(1):348-355, doi:10.1093/ije/dyw098.
SICILY_COUNTS = numbers("""
    728 659 791 734 757 726 760 740 720 814 795 858 887 766 851 769 781 756 766 752 765 831 879 928 914 808
    937 840 916 828 845 818 860 839 887 886 831 796 833 820 877 758 767 738 781 843 850 908 1021 859 976 888
    962 838 810 876 843 936 912
""")
SICILY_POPULATION = numbers("""
    379875.3 376495.5 377040.8 377116.4 377383.4 374113.1 379513.3 376295.5 374653.2 378485.6 375955.5
    378349.7 376762.4 379032.3 379360.4 376162.0 377972.4 381830.7 379888.6 380872.2 380966.9 381240.4
    382104.9 381802.7 381656.3 383680.0 383504.2 386462.9 383783.1 380836.8 383483.0 380906.2 382926.8
    384052.4 384449.6 383428.4 388153.2 388373.2 386470.1 386033.2 383686.4 385509.3 385901.9 386516.6
    388436.5 383255.2 390148.7 385874.9 391613.6 391750.4 394005.6 391364.9 391664.6 389022.3 391878.5
    388575.3 392989.0 390018.8 390712.3
""")

# The examples exampleAB and exampleABAB of the R package scan (J. Wilbert, T. Lueke): phases and values.
SCAN_AB = {
    "Johanna": (
        "A" * 5 + "B" * 15,
        "54 53 56 58 52 61 62 71 66 64 78 70 74 82 77 86 68 80 86 87",
    ),
    "Karolina": (
        "A" * 5 + "B" * 15,
        "41 59 56 51 52 57 56 67 75 66 69 68 73 77 79 86 82 75 83 89",
    ),
    "Anja": (
        "A" * 5 + "B" * 15,
        "55 58 53 50 52 55 68 68 81 67 78 73 72 78 81 78 71 85 80 76",
    ),
}
SCAN_ABAB = {
    "Howard": (
        "AAAAAAAAAABBBBBBBBBBAAAAAAAAAABBBBBBBBBB",
        (
            "7 14 14 14 18 15 5 8 15 13 "
            "34 31 26 38 26 37 26 25 24 25 10 10 7 6 8 17 13 19 17 6 29 25 26 30 24 35 24 25 40 36"
        ),
    ),
    "Sheldon": (
        "AAAAAAAAAAAAAAABBBBBBBBAAAAAAABBBBBBBBBB",
        "13 15 10 14 10 13 15 12 9 16 6 10 16 13 7 30 30 35 23 37 37 21 26 5 9 16 10 13 6 13 7 18 5 17 6 13 11 6 10 15",
    ),
    "Leonard": (
        "AAAAAAAAAAAAAAAAAAAABBBBBBBAAAAAABBBBBBB",
        "19 12 7 13 8 18 11 10 7 18 7 19 7 7 7 13 10 5 10 16 21 31 26 24 23 27 23 7 12 6 16 7 19 22 24 38 39 26 22 36",
    ),
}
