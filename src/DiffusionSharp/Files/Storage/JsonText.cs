using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DiffusionSharp.Files.Storage;

/// <summary>Small helpers to write configuration files as Python's json module lays them out: two spaces, line feeds.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Layout = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Layout))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    public static void Number(Utf8JsonWriter json, string name, int? value)
    {
        if (value is int number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>A side, or [rows, columns].</summary>
    public static void Size(Utf8JsonWriter json, string name, int rows, int columns)
    {
        if (rows == columns)
        {
            json.WriteNumber(name, rows);
        }
        else
        {
            List(json, name, [rows, columns], json.WriteNumberValue);
        }
    }

    public static void List<T>(Utf8JsonWriter json, string name, IEnumerable<T> values, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            write(value);
        }

        json.WriteEndArray();
    }
}
