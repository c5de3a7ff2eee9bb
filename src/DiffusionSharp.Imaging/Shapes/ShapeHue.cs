namespace DiffusionSharp.Imaging.Shapes;

/// <summary>Hue as HSV defines it: an angle in degrees, 0 = red, 120 = green, 240 = blue.</summary>
public static class ShapeHue
{
    /// <summary>Number of equal hue bins; bin b is [30°·b, 30°·(b+1)).</summary>
    public const int Bins = 12;

    /// <summary>Names of the bins, from the bin that starts at 0°.</summary>
    public static IReadOnlyList<string> BinNames { get; } =
        ["red", "orange", "yellow", "lime", "green", "mint", "cyan", "azure", "blue", "violet", "magenta", "rose"];

    /// <summary>The bin of a hue in [0, 360).</summary>
    public static int Bin(double hue) => Math.Clamp((int)(hue * Bins / 360), 0, Bins - 1);

    /// <summary>The angle between two hues, in [0, 180].</summary>
    public static double Distance(double a, double b)
    {
        var d = Math.Abs(a - b) % 360;
        return d > 180 ? 360 - d : d;
    }

    /// <summary>The hue of a colour in [0, 360); 0 for greys.</summary>
    internal static double FromRgb(double r, double g, double b)
    {
        double max = Math.Max(r, Math.Max(g, b)), chroma = max - Math.Min(r, Math.Min(g, b));
        if (chroma <= 0)
        {
            return 0;
        }

        var sector = max == r ? (g - b) / chroma : max == g ? 2 + ((b - r) / chroma) : 4 + ((r - g) / chroma);
        return sector < 0 ? (sector + 6) * 60 : sector * 60;
    }

    /// <summary>HSV to RGB, saturation and value in [0, 1].</summary>
    internal static (double R, double G, double B) ToRgb(double hue, double saturation, double value) =>
        (Channel(5, hue, saturation, value), Channel(3, hue, saturation, value), Channel(1, hue, saturation, value));

    private static double Channel(int n, double hue, double saturation, double value)
    {
        var k = (n + (hue / 60)) % 6;
        return value - (value * saturation * Math.Clamp(Math.Min(k, 4 - k), 0, 1));
    }
}
