namespace DiffusionSharp.Imaging.Shapes;

/// <summary>
/// The colours of a drawing whose mask is known: background and object are each linear in x and y, so that least squares
/// gives all of them at once. Coordinates u, v run from -0.5 to 0.5 over the frame.
/// </summary>
internal sealed class ShapeColours
{
    private const int Unknowns = 6;
    private readonly double[] coefficients = new double[3 * Unknowns];

    /// <summary>Fits to a picture; pixels are weighted by how surely they belong to one side.</summary>
    /// <param name="picture">[3, size, size].</param>
    /// <param name="cover">[size, size] the object's share of each pixel.</param>
    /// <param name="size">Side in pixels.</param>
    public static ShapeColours Fit(ReadOnlySpan<float> picture, ReadOnlySpan<float> cover, int size)
    {
        var plane = size * size;
        var result = new ShapeColours();
        Span<double> a = stackalloc double[Unknowns * Unknowns];
        Span<double> basis = stackalloc double[Unknowns];
        a.Clear();
        Span<double> b = result.coefficients;
        for (var i = 0; i < plane; i++)
        {
            Fill(basis, cover[i], i, size);
            for (var j = 0; j < Unknowns; j++)
            {
                for (var k = 0; k <= j; k++)
                {
                    a[(j * Unknowns) + k] += basis[j] * basis[k];
                }

                b[j] += basis[j] * picture[i];
                b[j + Unknowns] += basis[j] * picture[i + plane];
                b[j + Unknowns + Unknowns] += basis[j] * picture[i + plane + plane];
            }
        }

        for (var j = 0; j < Unknowns; j++)
        {
            // A whisper of ridge on the slopes: a tiny mask must not make them infinite.
            a[j * (Unknowns + 1)] += 1e-3;
        }

        _ = LinearSystem.Solve(a, b, Unknowns);
        return result;
    }

    /// <summary>Background at (u, v).</summary>
    public double Ground(int channel, double u, double v) => Level(channel * Unknowns, u, v);

    /// <summary>Object at (u, v).</summary>
    public double Object(int channel, double u, double v) => Level((channel * Unknowns) + 3, u, v);

    /// <summary>Picture minus model, and the mask the picture asks for when the colours are right.</summary>
    /// <param name="picture">[3, size, size].</param>
    /// <param name="cover">[size, size] the mask the colours were fitted with.</param>
    /// <param name="size">Side in pixels.</param>
    /// <param name="rest">Receives [3, size, size] picture minus model.</param>
    /// <param name="alpha">Receives [size, size].</param>
    public void Explain(ReadOnlySpan<float> picture, ReadOnlySpan<float> cover, int size, Span<float> rest, Span<float> alpha)
    {
        var plane = size * size;
        for (var i = 0; i < plane; i++)
        {
            double u = (((i % size) + 0.5) / size) - 0.5, v = (((i / size) + 0.5) / size) - 0.5, dot = 0, norm = 1e-6;
            for (var c = 0; c < 3; c++)
            {
                double ground = Ground(c, u, v), change = Object(c, u, v) - ground;
                var level = picture[i + (c * plane)] - ground;
                dot += level * change;
                norm += change * change;
                rest[i + (c * plane)] = (float)(level - (cover[i] * change));
            }

            alpha[i] = (float)Math.Clamp(dot / norm, -0.25, 1.25);
        }
    }

    private double Level(int at, double u, double v) => coefficients[at] + (coefficients[at + 1] * u) + (coefficients[at + 2] * v);

    private static void Fill(Span<double> basis, double cover, int i, int size)
    {
        double u = (((i % size) + 0.5) / size) - 0.5, v = (((i / size) + 0.5) / size) - 0.5, rest = 1 - cover;
        basis[0] = rest;
        basis[1] = rest * u;
        basis[2] = rest * v;
        basis[3] = cover;
        basis[4] = cover * u;
        basis[5] = cover * v;
    }
}
