namespace DiffusionSharp;

/// <summary>What is to blame for a loss or gradient that is not finite, and what to do.</summary>
internal static class NonFinite
{
    /// <param name="found">What was seen.</param>
    /// <param name="latest">The last good checkpoint, or null.</param>
    /// <param name="fault">What is wrong with the engine, which looked for it when that was seen; null for nothing.</param>
    /// <param name="bfloat16">Whether the network was computed in bfloat16.</param>
    public static DiffusionException Explain(DiffusionException found, string? latest, string? fault, bool bfloat16)
    {
        var seen = $"{found.Message}. The last good checkpoint is {latest ?? "none"}. ";
        return fault is null
            ? new(ErrorKind.NonFinite, $"{seen}No fault of the engine was found: lower the learning rate{(bfloat16 ? ", clip harder or train in float32" : " or clip harder")}, then resume", found)
            : new(ErrorKind.Device, seen + fault, found);
    }
}
