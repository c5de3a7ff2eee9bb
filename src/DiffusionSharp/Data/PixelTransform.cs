using DiffusionSharp.Noise;

namespace DiffusionSharp.Data;

/// <summary>
/// How levels 0…255 become the numbers a network learns, and back: the options <c>uniform_dequantization</c>,
/// <c>gaussian_dequantization</c> and <c>logit_transform</c> of the DDIM authors' code (datasets/__init__.py). With neither, x = v/127.5 - 1.
/// <see cref="Level"/> is the inverse: <c>Level(x) = v</c> for every v and every u that <see cref="Apply(ReadOnlySpan{byte}, ulong, long, Span{float})"/>
/// draws; of Gaussian noise, for the x without it.
/// </summary>
public sealed record PixelTransform
{
    // Keeps this noise apart from what else is drawn from a run's seed.
    private const ulong Salt = 0xD1B54A32_D192ED03;
    private const double Sigma = 0.01;

    // u is the middle of one of as many cells: float32 then cannot round a level into its neighbour.
    private const int Cells = 1 << 12;

    /// <summary>λ of the logit: x lies in [λ, 1 - λ] before it.</summary>
    public const double Lambda = 1e-6;

    /// <summary>x = v/127.5 - 1.</summary>
    public static PixelTransform None { get; } = new();

    /// <summary>The noise added.</summary>
    public Dequantization Dequantization { get; init; }

    /// <summary>Whether log(p/(1 - p)) of p = λ + (1 - 2λ)·x takes the place of 2x - 1.</summary>
    public bool Logit { get; init; }

    /// <summary>The largest |x| of an image without Gaussian noise: what predicted images are clipped to.</summary>
    public double Range => Logit ? Math.Log((1 - Lambda) / Lambda) : 1;

    /// <summary>Maps 0…255 to [-1, 1]: x = v/127.5 - 1.</summary>
    /// <param name="pixels">The bytes.</param>
    /// <param name="x0">Receives the values.</param>
    public static void ToUnit(ReadOnlySpan<byte> pixels, Span<float> x0)
    {
        for (var i = 0; i < pixels.Length; i++)
        {
            x0[i] = (pixels[i] / 127.5f) - 1;
        }
    }

    /// <summary>Maps levels to what the network learns; the noise is a pure function of (seed, position).</summary>
    /// <param name="levels">One image, 0…255.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="position">The image's position in the run: each visit has noise of its own.</param>
    /// <param name="x">Receives as many values.</param>
    public void Apply(ReadOnlySpan<byte> levels, ulong seed, long position, Span<float> x)
    {
        if (this == None)
        {
            ToUnit(levels, x);
            return;
        }

        var noise = new double[levels.Length];
        switch (Dequantization)
        {
            case Dequantization.Uniform:
                CounterNoise.Uniform(seed ^ Salt, position, noise);
                break;
            case Dequantization.Gaussian:
                CounterNoise.Gaussian(seed ^ Salt, position, noise);
                break;
            default:
                break;
        }

        for (var i = 0; i < levels.Length; i++)
        {
            x[i] = (float)Forward(levels[i], Dequantization == Dequantization.Uniform ? (Math.Floor(noise[i] * Cells) + 0.5) / Cells : noise[i]);
        }
    }

    /// <summary>What the network sees of a level without chance: u = 1/2, z = 0.</summary>
    /// <param name="level">0…255.</param>
    public double FromLevel(byte level) => Forward(level, Dequantization == Dequantization.Uniform ? 0.5 : 0);

    /// <summary>
    /// The level of a value: 256·p rounded down where u was added, else 255·p rounded, within 0…255; p is x brought back to 0…1. (The authors'
    /// inverse leaves u in, and takes sigmoid(x) for the inverse of the logit, which is off by up to λ.)
    /// </summary>
    /// <param name="x">A value; NaN gives 0.</param>
    public byte Level(double x)
    {
        var p = Part(x);
        var level = Dequantization == Dequantization.Uniform ? Math.Floor(256 * p) : Math.Round(255 * p, MidpointRounding.AwayFromZero);
        return (byte)Math.Clamp(level, 0, 255);
    }

    /// <summary>Values of pictures, v/127.5 - 1, as the network sees them without chance.</summary>
    /// <param name="pictures">-1…1.</param>
    public double[] FromPictures(double[] pictures) => this == None ? pictures : Array.ConvertAll(pictures, v => FromLevel(None.Level(v)));

    /// <summary>Values of the network as those of pictures: v/127.5 - 1 of their levels, and as they are where nothing was done to them.</summary>
    /// <param name="x">Values.</param>
    public float[] ToPictures(ReadOnlySpan<double> x)
    {
        var pictures = new float[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            pictures[i] = this == None ? (float)x[i] : (Level(x[i]) / 127.5f) - 1;
        }

        return pictures;
    }

    /// <summary>Values of the network on the scale of pictures, -1…1, not rounded to levels: what the error of an image is told in.</summary>
    /// <param name="x">Values.</param>
    public double[] ToScale(double[] x) => Logit ? Array.ConvertAll(x, v => (2 * Part(v)) - 1) : x;

    // x brought back to 0…1.
    private double Part(double x) => Logit ? ((1 / (1 + Math.Exp(-x))) - Lambda) / (1 - (2 * Lambda)) : (x + 1) / 2;

    private double Forward(byte level, double noise)
    {
        var p = Dequantization switch
        {
            Dequantization.Uniform => (level + noise) / 256,
            Dequantization.Gaussian => (level / 255.0) + (Sigma * noise),
            _ => level / 255.0,
        };
        if (!Logit)
        {
            return (2 * p) - 1;
        }

        // Gaussian noise may leave [0, 1], where there is no logit.
        p = Lambda + ((1 - (2 * Lambda)) * Math.Clamp(p, 0, 1));
        return Math.Log(p) - Math.Log(1 - p);
    }
}
