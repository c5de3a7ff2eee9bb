namespace DiffusionSharp.Imaging.Data;

/// <summary>How training images are read.</summary>
public sealed record DataOptions
{
    /// <summary>Height of the images; null takes what the data has (digits are padded to a multiple of 8).</summary>
    public int? Height { get; init; }

    /// <summary>Width of the images; null takes <see cref="Height"/>, or what the data has.</summary>
    public int? Width { get; init; }

    /// <summary>1 (grey), 3 (RGB), or 4 (RGBA, of encoded images); null takes 1 for digits and 3 for everything else.</summary>
    public int? Channels { get; init; }

    /// <summary>Mirror every second image on average left to right, as a function of (seed, position).</summary>
    public bool Flip { get; init; }

    /// <summary>What is cut out of every image before it is resized; null takes all of it.</summary>
    public ImageCrop? Crop { get; init; }

    /// <summary>The column of a parquet set that holds the images; null takes <c>image</c>, else <c>img</c>, else the first of images.</summary>
    public string? Column { get; init; }

    /// <summary>Where the classes of a folder or an archive of images come from.</summary>
    public ClassSource Classes { get; init; }

    /// <summary>The colour behind transparent pixels.</summary>
    public Rgb Background { get; init; } = new(255, 255, 255);

    /// <summary>What is behind transparent pixels; null where they stay transparent.</summary>
    internal Rgb? Behind => Channels == 4 ? null : Background;

    /// <summary>The part of all files that may be bad before reading fails.</summary>
    public double MaxBadFraction { get; init; } = 0.001;

    /// <summary>Seed of the order and the flips, and of <c>builtin:shapes</c>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Pixels beyond this many bytes go to a memory-mapped file.</summary>
    public long CacheLimitBytes { get; init; } = 2L << 30;

    /// <summary>Folder of that file; null takes the system's temporary folder.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Pictures of more pixels than this are bad files, refused before they are decoded.</summary>
    public long MaxPixels { get; init; } = 100_000_000;

    /// <summary>Sets <see cref="Height"/> and <see cref="Width"/> alike.</summary>
    public DataOptions WithSize(int size) => this with { Height = size, Width = size };

    /// <summary>Checks every value.</summary>
    /// <exception cref="DiffusionException">Lists all that is wrong (<see cref="ErrorKind.Configuration"/>).</exception>
    public void Validate()
    {
        var errors = new List<string>();
        Check(Height is null or (>= 1 and <= 8192), FormattableString.Invariant($"height {Height} found, 1 to 8192 expected"));
        Check(Width is null or (>= 1 and <= 8192), FormattableString.Invariant($"width {Width} found, 1 to 8192 expected"));
        Check(Height is not null || Width is null, FormattableString.Invariant($"width {Width} found without a height: give both, or only the height"));
        Check(Channels is null or 1 or 3 or 4, FormattableString.Invariant($"channels {Channels} found, 1 (grey), 3 (RGB) or 4 (RGBA) expected"));
        Check(MaxBadFraction is >= 0 and <= 1, FormattableString.Invariant($"max bad {MaxBadFraction} found, 0 to 1 expected"));
        Check(CacheLimitBytes >= 0, FormattableString.Invariant($"cache limit {CacheLimitBytes} found, at least 0 expected"));
        Check(MaxPixels >= 1, FormattableString.Invariant($"pixel limit {MaxPixels} found, at least 1 expected"));
        if (errors.Count > 0)
        {
            throw new DiffusionException(ErrorKind.Configuration, $"data options: {string.Join("; ", errors)}");
        }

        void Check(bool right, string error)
        {
            if (!right)
            {
                errors.Add(error);
            }
        }
    }
}
