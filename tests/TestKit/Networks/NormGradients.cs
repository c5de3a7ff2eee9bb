namespace TestKit.Networks;

/// <summary>The derivatives of norms of one image; those by x are returned, those by parameters added to theirs.</summary>
internal static class NormGradients
{
    /// <summary>y = w·x̂ + b with x̂ = (x - mean)/deviation: dx = (w·dy - mean(w·dy) - x̂·mean(w·dy·x̂))/deviation.</summary>
    public static double[] Group(double[] x, double[] dy, int pixels, int groups, double epsilon, double[] weight, double[] byWeight, double[] byBias)
    {
        var result = new double[x.Length];
        var size = x.Length / groups;
        for (var start = 0; start < x.Length; start += size)
        {
            var group = x[start..(start + size)];
            var mean = group.Average();
            var deviation = Math.Sqrt(group.Average(v => (v - mean) * (v - mean)) + epsilon);
            double sum = 0, along = 0;
            for (var i = start; i < start + size; i++)
            {
                var (normal, channel) = ((x[i] - mean) / deviation, i / pixels);
                byWeight[channel] += dy[i] * normal;
                byBias[channel] += dy[i];
                sum += weight[channel] * dy[i];
                along += weight[channel] * dy[i] * normal;
            }

            for (var i = start; i < start + size; i++)
            {
                result[i] = ((weight[i / pixels] * dy[i]) - (sum / size) - ((x[i] - mean) / deviation * along / size)) / deviation;
            }
        }

        return result;
    }

    /// <summary>y = g·√C·x/r with r = max(‖x‖, floor): dx = (√C·g·dy - x·⟨x, √C·g·dy⟩/r²)/r, without the second term at the floor.</summary>
    public static double[] Rms(double[] x, double[] dy, int pixels, double floor, double[] weight, double[] byWeight)
    {
        var result = new double[x.Length];
        var root = Math.Sqrt(weight.Length);
        for (var p = 0; p < pixels; p++)
        {
            double square = 0, along = 0;
            for (var i = p; i < x.Length; i += pixels)
            {
                square += x[i] * x[i];
                along += x[i] * root * weight[i / pixels] * dy[i];
            }

            var length = Math.Max(Math.Sqrt(square), floor);
            var turned = Math.Sqrt(square) > floor ? along / (length * length) : 0;
            for (var i = p; i < x.Length; i += pixels)
            {
                byWeight[i / pixels] += dy[i] * root * x[i] / length;
                result[i] = ((root * weight[i / pixels] * dy[i]) - (x[i] * turned)) / length;
            }
        }

        return result;
    }
}
