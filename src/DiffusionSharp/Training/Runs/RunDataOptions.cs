using System.Text.Json.Serialization;

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

    /// <summary>Images that are never trained on and validate instead: a part of all below 1, a number of them from 1 on; 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double HeldOut { get; init; }

    /// <summary>The classes of a folder or an archive: <c>top-folders</c>, or <c>data</c> for labels beside the images; null for the innermost folders.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Classes { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="DiffusionException">Lists what is wrong.</exception>
    public void Validate()
    {
        (bool Right, FormattableString Wrong)[] checks =
        [
            (Background is ['#', .. { Length: 6 } digits] && digits.All(char.IsAsciiHexDigit), $"background '{Background}' (#RRGGBB expected)"),
            (MaxBadFraction is >= 0 and <= 1, $"part of bad files {MaxBadFraction} (0 to 1 expected)"),
            (Crop is null or "celeba", $"crop '{Crop}' (celeba or none expected)"),
            (HeldOut is >= 0 and < 1 || (HeldOut is >= 1 and <= int.MaxValue && double.IsInteger(HeldOut)),
                $"images held out {HeldOut} (a part below 1, or a whole number, expected)"),
            (Classes is null or "top-folders" or "data", $"classes '{Classes}' (top-folders, data or none expected)"),
        ];
        string[] wrong = [.. checks.Where(c => !c.Right).Select(c => FormattableString.Invariant(c.Wrong))];
        if (wrong.Length > 0)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"the data options are invalid: {string.Join(", ", wrong)}");
        }
    }
}
