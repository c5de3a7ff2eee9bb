namespace DiffusionSharp;

/// <summary>What kind of thing went wrong. The number is the exit code of the <c>ddim</c> command.</summary>
public enum ErrorKind
{
    /// <summary>A bug, or something nobody foresaw.</summary>
    Unexpected = 1,

    /// <summary>The command line or an argument is wrong.</summary>
    Usage = 2,

    /// <summary>A configuration is invalid or contradicts another.</summary>
    Configuration = 3,

    /// <summary>Training data is missing, unreadable or too often broken.</summary>
    Data = 4,

    /// <summary>Reading or writing storage failed: disk full, no permission, another process holds the lock.</summary>
    Storage = 5,

    /// <summary>A loss or a tensor is NaN or infinite.</summary>
    NonFinite = 6,

    /// <summary>The compute device or its native library cannot be used.</summary>
    Device = 7,

    /// <summary>A model file is malformed, incomplete or not supported.</summary>
    ModelFile = 8,
}
