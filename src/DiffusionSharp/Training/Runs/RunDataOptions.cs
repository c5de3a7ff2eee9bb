namespace DiffusionSharp.Training.Runs;

/// <summary>How a run's images are read, besides their size: what opens the same data again on resume. Saved in the run's config.json.</summary>
public sealed record RunDataOptions
{
    /// <summary>Whether every second image on average is mirrored left to right.</summary>
    public bool Flip { get; init; }

    /// <summary>What is cut out of every image, by its name (<c>celeba</c>); null takes all of it.</summary>
    public string? Crop { get; init; }

    /// <summary>The part of all files that may be bad, 0…1.</summary>
    public double MaxBadFraction { get; init; } = 0.001;

    /// <summary>The colour behind transparent pixels, <c>#RRGGBB</c>.</summary>
    public string Background { get; init; } = "#FFFFFF";

    /// <summary>The column of a parquet set that the images are in; null where there are no columns.</summary>
    public string? Column { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="DiffusionException">Lists what is wrong.</exception>
    public void Validate()
    {
        var background = Background is ['#', .. { Length: 6 } digits] && digits.All(char.IsAsciiHexDigit);
        if (!background || !(MaxBadFraction is >= 0 and <= 1) || Crop is not (null or "celeba"))
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                FormattableString.Invariant($"the data options are invalid: background '{Background}' (#RRGGBB expected), part of bad files {MaxBadFraction} (0 to 1 expected), crop '{Crop}' (celeba or none expected)"));
        }
    }
}
