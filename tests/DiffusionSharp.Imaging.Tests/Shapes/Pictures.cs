using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Tests.Shapes;

/// <summary>Drawings and what is done to them, levels 0…1, all from fixed seeds.</summary>
internal static class Pictures
{
    public const int Size = 32;
    private const int Plane = Size * Size;

    public static float[] Draw(ulong seed, long index)
    {
        var pixels = new byte[3 * Plane];
        ShapeRasterizer.Render(ShapeDrawing.Create(seed, index), Size, pixels);
        return [.. pixels.Select(p => p / 255f)];
    }

    public static ShapeVerdict Check(float[] levels) => ShapesChecker.Check([.. levels.Select(v => (byte)Math.Round(v * 255))], Size);

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static float[] AddNoise(float[] picture, double sigma, Random random) =>
        [.. picture.Select(v => (float)Math.Clamp(v + (sigma * Normal(random)), 0, 1))];

    public static float[] Blend(float[] a, float[] b) => [.. a.Zip(b, (x, y) => (x + y) / 2)];

    public static float[] GaussianNoise(Random random) => [.. Enumerable.Range(0, 3 * Plane).Select(_ => (float)Math.Clamp(0.5 + (0.25 * Normal(random)), 0, 1))];

    public static float[] UniformNoise(Random random) => [.. Enumerable.Range(0, 3 * Plane).Select(_ => random.NextSingle())];

    public static float[] Blur(float[] picture, double sigma)
    {
        var reach = (int)Math.Ceiling(3 * sigma);
        var weights = Enumerable.Range(-reach, (2 * reach) + 1).Select(d => Math.Exp(-d * d / (2 * sigma * sigma))).ToArray();
        var total = weights.Sum();
        return Pass(Pass(picture, 1, 0), 0, 1);

        float[] Pass(float[] from, int dx, int dy)
        {
            var to = new float[from.Length];
            for (var i = 0; i < from.Length; i++)
            {
                int x = i % Size, y = i / Size % Size;
                var sum = 0.0;
                for (var d = -reach; d <= reach; d++)
                {
                    sum += weights[d + reach] * from[(i / Plane * Plane) + (Math.Clamp(y + (d * dy), 0, Size - 1) * Size) + Math.Clamp(x + (d * dx), 0, Size - 1)];
                }

                to[i] = (float)(sum / total);
            }

            return to;
        }
    }

    /// <summary>Bends a picture along sine waves by up to <paramref name="amplitude"/> pixels (bilinear).</summary>
    public static float[] Warp(float[] picture, double amplitude, Random random)
    {
        double phaseX = random.NextDouble() * Math.Tau, phaseY = random.NextDouble() * Math.Tau;
        var result = new float[picture.Length];
        for (var i = 0; i < picture.Length; i++)
        {
            int x = i % Size, y = i / Size % Size, plane = i / Plane * Plane;
            var sx = Math.Clamp(x + (amplitude * Math.Sin(phaseX + (y * 3 * Math.PI / Size))), 0, Size - 1.001);
            var sy = Math.Clamp(y + (amplitude * Math.Sin(phaseY + (x * 3 * Math.PI / Size))), 0, Size - 1.001);
            int left = (int)sx, top = (int)sy, at = plane + (top * Size) + left;
            double u = sx - left, v = sy - top;
            var upper = ((1 - u) * picture[at]) + (u * picture[at + 1]);
            var lower = ((1 - u) * picture[at + Size]) + (u * picture[at + Size + 1]);
            result[i] = (float)(((1 - v) * upper) + (v * lower));
        }

        return result;
    }
}
