using DiffusionSharp.Noise;

namespace DiffusionSharp.Data;

/// <summary>
/// EDM's non-leaking augmentation (Karras et al. 2022, appendix F.2 and table 6): flips, scalings, rotations, stretchings and translations of an image, and
/// the labels that tell the network of them, so that it does not learn to make such images where the labels are 0.
/// </summary>
/// <remarks>
/// The labels are: mirrored, upside down, log₂ of the scale in units of 0.2, cos θ - 1 and sin θ of the rotation, log₂ of the stretch in units of 0.2 times
/// cos φ and sin φ of its direction, and the translation in units of an eighth of the sides. φ is drawn from half a turn where the reference draws it from a
/// whole one: the images are the same, but a stretch and a squeeze have different labels, which there they may have not.
/// </remarks>
internal sealed class Augmentation
{
    /// <summary>Labels of an image.</summary>
    public const int Labels = 9;

    private const ulong UniformSalt = 0x3C79AC49_2BA7B653;
    private const ulong NormalSalt = 0x1C69B3F7_4AC4AE35;
    private const double LogDeviation = 0.2;
    private const double PartDeviation = 0.125;

    private readonly ImageShape shape;
    private readonly ulong seed;
    private readonly double probability;
    private readonly ImageWarp warp;
    private readonly float[] scratch;

    /// <param name="shape">Of the images.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="probability">Of each transformation but mirroring, which is done to every second image.</param>
    public Augmentation(ImageShape shape, ulong seed, double probability)
    {
        (this.shape, this.seed, this.probability) = (shape, seed, probability);
        warp = new ImageWarp(shape);
        scratch = new float[shape.Elements];
    }

    /// <summary>Transforms an image; how is a pure function of (seed, position). One call at a time.</summary>
    /// <param name="position">The image's position in the run.</param>
    /// <param name="x">The image.</param>
    /// <param name="labels">Receives the labels.</param>
    public void Apply(long position, Span<float> x, Span<float> labels)
    {
        Span<double> uniform = stackalloc double[10], normal = stackalloc double[4];
        CounterNoise.Uniform(seed ^ UniformSalt, position, uniform);
        CounterNoise.Gaussian(seed ^ NormalSalt, position, normal);
        labels.Clear();
        if (uniform[0] < 0.5)
        {
            labels[0] = 1;
            Mirror(x);
        }

        if (uniform[1] < 0.5 && uniform[2] < probability)
        {
            labels[1] = 1;
            Turn(x);
        }

        // From a place of the result to one of the image.
        var map = AffineMap.Identity;
        if (uniform[3] < probability)
        {
            var scale = PowerOfTwo(-LogDeviation * normal[0]);
            map *= AffineMap.Scale(scale, scale);
            labels[2] = (float)normal[0];
        }

        if (uniform[5] < probability)
        {
            var (cos, sin) = Angle(uniform[4], turns: 1);
            map *= AffineMap.Rotation(cos, sin);
            (labels[3], labels[4]) = ((float)(cos - 1), (float)sin);
        }

        if (uniform[7] < probability)
        {
            var (cos, sin) = uniform[8] < 0.5 ? Angle(uniform[6], turns: 0.5) : (1, 0);
            var stretch = PowerOfTwo(LogDeviation * normal[1]);
            map *= AffineMap.Rotation(cos, -sin) * AffineMap.Scale(1 / stretch, stretch) * AffineMap.Rotation(cos, sin);
            (labels[5], labels[6]) = ((float)(normal[1] * cos), (float)(normal[1] * sin));
        }

        if (uniform[9] < probability)
        {
            map *= AffineMap.Translation(-PartDeviation * shape.Width * normal[2], -PartDeviation * shape.Height * normal[3]);
            (labels[7], labels[8]) = ((float)normal[2], (float)normal[3]);
        }

        if (map != AffineMap.Identity)
        {
            x.CopyTo(scratch);
            warp.Apply(map, scratch, x);
        }
    }

    private static double PowerOfTwo(double exponent) => Exponential.Exp(exponent * (BoxMuller.Ln2High + BoxMuller.Ln2Low));

    // An angle around 0, within half of so many turns on either side; u is a multiple of 2⁻⁵³.
    private static (double Cos, double Sin) Angle(double u, double turns)
    {
        const long whole = 1L << 53;
        return BoxMuller.CosSin(((long)((u - 0.5) * turns * whole) + whole) % whole);
    }

    private void Mirror(Span<float> x)
    {
        for (var row = 0; row < shape.Channels * shape.Height; row++)
        {
            x.Slice(row * shape.Width, shape.Width).Reverse();
        }
    }

    private void Turn(Span<float> x)
    {
        for (var first = 0; first < x.Length; first += shape.Height * shape.Width)
        {
            for (int top = 0, bottom = shape.Height - 1; top < bottom; top++, bottom--)
            {
                for (var column = 0; column < shape.Width; column++)
                {
                    var (a, b) = (first + (top * shape.Width) + column, first + (bottom * shape.Width) + column);
                    (x[a], x[b]) = (x[b], x[a]);
                }
            }
        }
    }
}
