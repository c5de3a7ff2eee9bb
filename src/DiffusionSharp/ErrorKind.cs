namespace DiffusionSharp;

/// <summary>What kind of thing went wrong.</summary>
public enum ErrorKind
{
    /// <summary>A bug, or something nobody foresaw.</summary>
    Unexpected,

    /// <summary>An argument is wrong.</summary>
    Usage,

    /// <summary>A configuration is invalid or contradicts another.</summary>
    Configuration,

    /// <summary>Training data is missing, unreadable or too often broken.</summary>
    Data,

    /// <summary>Reading or writing storage failed: disk full, no permission, another process holds the lock.</summary>
    Storage,

    /// <summary>A loss or a tensor is NaN or infinite.</summary>
    NonFinite,

    /// <summary>The compute device or its native library cannot be used.</summary>
    Device,

    /// <summary>A model file is malformed, incomplete or not supported.</summary>
    ModelFile,
}
