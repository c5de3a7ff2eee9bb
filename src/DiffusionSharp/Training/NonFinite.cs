namespace DiffusionSharp.Training;

/// <summary>What is to blame for a loss or gradient that is not finite, and what to do.</summary>
internal static class NonFinite
{
    /// <param name="found">What was seen.</param>
    /// <param name="latest">The last good checkpoint, or null.</param>
    /// <param name="fault">What is wrong with the engine, which looked for it when that was seen; null for nothing.</param>
    public static DiffusionException Explain(DiffusionException found, string? latest, string? fault)
    {
        var seen = $"{found.Message}. The last good checkpoint is {latest ?? "none"}. ";
        return fault is null
            ? new(ErrorKind.NonFinite, seen + "The engine was checked again and is right: lower the learning rate, clip harder or train in float32, then resume", found)
            : new(ErrorKind.Device, seen + fault, found);
    }
}
