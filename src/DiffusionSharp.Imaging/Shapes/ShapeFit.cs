namespace DiffusionSharp.Imaging.Shapes;

/// <summary>Finds the pose in which a shape's mask comes nearest to a soft mask (Levenberg–Marquardt with numeric slopes).</summary>
internal sealed class ShapeFit(int size)
{
    private readonly float[] now = new float[size * size];
    private readonly float[] trial = new float[size * size];
    private readonly float[][] slopes = [.. Enumerable.Range(0, ShapePose.Parameters).Select(_ => new float[size * size])];

    /// <summary>A first pose from the soft mask's area, centroid and angular harmonic.</summary>
    public ShapePose Guess(ShapeKind kind, ReadOnlySpan<float> alpha)
    {
        double area = 1e-9, x = 0, y = 0;
        for (var i = 0; i < alpha.Length; i++)
        {
            area += alpha[i];
            x += alpha[i] * ((i % size) + 0.5);
            y += alpha[i] * ((i / size) + 0.5);
        }

        x = Math.Clamp(x / area, 0.2 * size, 0.8 * size);
        y = Math.Clamp(y / area, 0.2 * size, 0.8 * size);
        var radius = Math.Clamp(Math.Sqrt(Math.Max(area, 1) / ShapeOutline.UnitArea(kind)), 0.15 * size, 0.55 * size);
        return new ShapePose(x, y, radius, Turn(kind, alpha, x, y), 1.2);
    }

    /// <summary>Improves a pose.</summary>
    /// <returns>The pose and the sum of squared differences of the masks.</returns>
    public (ShapePose Pose, double Error) Improve(ShapeKind kind, ReadOnlySpan<float> alpha, ShapePose pose, int rounds)
    {
        ReadOnlySpan<double> steps = [0.05, 0.05, 0.05, 0.5 / size, 0.1];
        const int n = ShapePose.Parameters;
        Span<double> a = stackalloc double[n * n], damped = stackalloc double[n * n], gradient = stackalloc double[n], change = stackalloc double[n];
        pose.Cover(kind, size, now);
        var error = Error(alpha, now);
        var damping = 1e-3;
        for (var round = 0; round < rounds; round++)
        {
            Linearise(kind, alpha, pose, steps, a, gradient);
            var before = error;
            for (var attempt = 0; attempt < 4; attempt++)
            {
                a.CopyTo(damped);
                gradient.CopyTo(change);
                for (var j = 0; j < n; j++)
                {
                    damped[j * (n + 1)] = (damped[j * (n + 1)] * (1 + damping)) + 1e-6;
                }

                if (LinearSystem.Solve(damped, change, n))
                {
                    var next = pose.Add(change);
                    next.Cover(kind, size, trial);
                    var nextError = Error(alpha, trial);
                    if (nextError < error)
                    {
                        (pose, error) = (next, nextError);
                        trial.CopyTo(now, 0);
                        damping *= 0.2;
                        break;
                    }
                }

                damping = Math.Max(damping, 1e-2) * 10;
            }

            if (error > before * 0.995)
            {
                break;
            }
        }

        return (pose, error);
    }

    /// <summary>The turn from the phase of the mask's n-th angular harmonic, n being the shape's symmetry.</summary>
    private double Turn(ShapeKind kind, ReadOnlySpan<float> alpha, double centreX, double centreY)
    {
        var n = ShapeOutline.Symmetry(kind);
        if (n == 0)
        {
            return 0;
        }

        double re = 0, im = 0;
        for (var i = 0; i < alpha.Length; i++)
        {
            double dx = (i % size) + 0.5 - centreX, dy = (i / size) + 0.5 - centreY;
            var angle = n * Math.Atan2(dy, dx);
            var weight = alpha[i] * Math.Sqrt((dx * dx) + (dy * dy));
            re += weight * Math.Cos(angle);
            im += weight * Math.Sin(angle);
        }

        // In its own frame a corner points up (star, triangle), along 45° (square) or right (cross).
        var corner = kind switch { ShapeKind.Square => Math.PI / 4, ShapeKind.Cross => 0, _ => -Math.PI / 2 };
        return (Math.Atan2(im, re) / n) - corner;
    }

    private void Linearise(
        ShapeKind kind, ReadOnlySpan<float> alpha, ShapePose pose, ReadOnlySpan<double> steps, Span<double> a, Span<double> gradient)
    {
        Span<double> change = stackalloc double[steps.Length];
        for (var j = 0; j < steps.Length; j++)
        {
            change.Clear();
            change[j] = steps[j];
            pose.Add(change).Cover(kind, size, slopes[j]);
        }

        a.Clear();
        gradient.Clear();
        Span<double> d = stackalloc double[steps.Length];
        for (var i = 0; i < alpha.Length; i++)
        {
            var any = false;
            for (var j = 0; j < d.Length; j++)
            {
                d[j] = (slopes[j][i] - now[i]) / steps[j];
                any |= d[j] != 0;
            }

            if (!any)
            {
                continue;
            }

            var difference = alpha[i] - now[i];
            for (var j = 0; j < d.Length; j++)
            {
                gradient[j] += d[j] * difference;
                for (var k = 0; k <= j; k++)
                {
                    a[(j * d.Length) + k] += d[j] * d[k];
                }
            }
        }
    }

    private static double Error(ReadOnlySpan<float> alpha, ReadOnlySpan<float> cover)
    {
        var sum = 0.0;
        for (var i = 0; i < alpha.Length; i++)
        {
            double d = alpha[i] - cover[i];
            sum += d * d;
        }

        return sum;
    }
}
