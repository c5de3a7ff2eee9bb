namespace DiffusionSharp.Torch.Training;

/// <summary>What is to blame for a loss or gradient that is not finite, and what to do.</summary>
internal static class NonFinite
{
    /// <param name="found">What was seen.</param>
    /// <param name="latest">The last good checkpoint, or null.</param>
    /// <param name="problem">What is wrong with libtorch, which was checked again when it was seen; null for nothing.</param>
    public static DiffusionException Explain(DiffusionException found, string? latest, string? problem)
    {
        var seen = $"{found.Message}. The last good checkpoint is {latest ?? "none"}. ";
        return problem is null
            ? new(ErrorKind.NonFinite, seen + "libtorch's convolutions were checked again and are right: lower the learning rate, clip harder or train in float32, then resume", found)
            : new(ErrorKind.Device, seen + problem, found);
    }
}
