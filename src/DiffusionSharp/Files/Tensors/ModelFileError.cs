namespace DiffusionSharp.Files.Tensors;

/// <summary>What is said of a file of tensors that is not read, whatever its container.</summary>
internal static class ModelFileError
{
    /// <summary>It is not as its format says.</summary>
    public static DiffusionException Malformed(string path, string reason, Exception? inner = null) =>
        new(ErrorKind.ModelFile, $"model file '{path}' is malformed: {reason}; fetch or export it again", inner);

    /// <summary>It may be what it should be, but is not read here; the reason ends with what to do.</summary>
    public static DiffusionException Refused(string path, string reason) => new(ErrorKind.ModelFile, $"model file '{path}' is not read: {reason}");
}
